/** How far a conversation has come: its version, and its newest seq as of then. */
export interface Progress {
  readonly version: number;
  readonly seq: number;
}

/** A transaction that took a conversation from `base` to a version. */
export interface Commit {
  readonly conversationId: string;
  readonly base: Progress;
  readonly version: number;
  /** Whether somebody came, went or changed. */
  readonly changesMembers?: boolean;
}
