/** That something of a conversation was pushed to somebody. */
export interface Sighting {
  event: string;
  /** Of a new message. */
  message?: { seq: number; createdAt: number };
  /** Milliseconds since 1970 at which it arrived. */
  at: number;
}

/** What everybody was pushed, for the question whether they might have been. */
export class Sightings {
  private readonly byPlace = new Map<string, Sighting[]>();

  add(userId: string, conversationId: string, sighting: Sighting): void {
    const key = `${userId} ${conversationId}`;
    const sightings = this.byPlace.get(key);
    if (sightings) sightings.push(sighting);
    else this.byPlace.set(key, [sighting]);
  }

  of(userId: string, conversationId: string): readonly Sighting[] {
    return this.byPlace.get(`${userId} ${conversationId}`) ?? [];
  }
}
