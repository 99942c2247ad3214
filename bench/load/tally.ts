import type { Rooms } from './rooms';

const SENT = 1;
const ANSWERED = 2;
const REFUSED = 3;

/** What has become of every message, and of every delivery. */
export class Tally {
  sent = 0;
  answered = 0;
  refused = 0;
  delivered = 0;
  /** After a later message of the same writer to the same recipient, or of the room where messages have numbers. */
  reordered = 0;
  /** Deliveries that are still to come, if every message that was sent is delivered. */
  missing = 0;
  private repeated = 0;
  private readonly states: Uint8Array;
  private readonly deliveries: Uint16Array;
  /** By recipient and writer. */
  private readonly last: Int32Array;
  /** By recipient. */
  private readonly lastSeq: Int32Array;

  constructor(
    private readonly rooms: Rooms,
    total: number,
    clients: number,
  ) {
    this.states = new Uint8Array(total);
    this.deliveries = new Uint16Array(total);
    this.last = new Int32Array(clients * rooms.slots).fill(-1);
    this.lastSeq = new Int32Array(clients);
  }

  send(n: number): void {
    this.sent++;
    this.states[n] = SENT;
    this.missing += this.rooms.recipientsOf(n);
  }

  /** False when it was not waited for. */
  answer(n: number, good: boolean): boolean {
    if (this.states[n] !== SENT) return false;
    this.states[n] = good ? ANSWERED : REFUSED;
    if (good) this.answered++;
    else {
      this.refused++;
      this.missing -= this.rooms.recipientsOf(n);
    }
    return true;
  }

  /** @param seq The number that the server gave it in its room; -1 when it gives none. */
  deliver(n: number, recipient: number, seq = -1): void {
    this.delivered++;
    this.missing--;
    this.deliveries[n] = (this.deliveries[n] as number) + 1;
    const at = recipient * this.rooms.slots + this.rooms.slotOfMessage(n);
    const last = this.last[at] as number;
    if (n > last) this.last[at] = n;
    else if (n === last) this.repeated++;
    else this.reordered++;
    if (seq < 0) return;
    if (n > last && seq < (this.lastSeq[recipient] as number)) this.reordered++;
    this.lastSeq[recipient] = seq;
  }

  get unanswered(): number {
    return this.sent - this.answered - this.refused;
  }

  get settled(): boolean {
    return this.missing <= 0 && this.unanswered === 0;
  }

  /** Deliveries that did not come of what was acknowledged, and those that came once too often. */
  losses(): { lost: number; duplicated: number } {
    let lost = 0;
    let surplus = 0;
    for (const [n, state] of this.states.entries()) {
      const wanted = this.rooms.recipientsOf(n);
      const came = this.deliveries[n] as number;
      if (state === ANSWERED && came < wanted) lost += wanted - came;
      if (came > wanted) surplus += came - wanted;
    }
    return { lost, duplicated: Math.max(surplus, this.repeated) };
  }
}
