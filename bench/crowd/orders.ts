/** Who is in a crowd. Each is a friend of the `friends` next to them in the circle. */
export interface People {
  readonly userIds: readonly string[];
  readonly tokens: readonly string[];
  readonly friends: number;
}

export type Order =
  | { readonly order: 'gather'; readonly people: People }
  | { readonly order: 'come'; readonly urls: readonly string[] }
  | { readonly order: 'go' }
  | { readonly order: 'count'; readonly quietMs: number };

export interface Count {
  /** Changes of presence that came, over all. */
  readonly told: number;
  /** The most that one was told of another. */
  readonly most: number;
}
