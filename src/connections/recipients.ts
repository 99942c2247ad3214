/** Members of a conversation by what they can see: one message of it, but not an earlier one. */
export interface Sight {
  /** Whoever joined before this message; missing: everybody. */
  readonly seq?: number;
  /** But only who joined after this one. */
  readonly notSeq?: number;
  /** And not these. */
  readonly except?: readonly string[];
}

/** The members of one conversation, as they are whenever they are asked for. */
export interface Members {
  /** But for those who came or changed after a version. */
  seen(sight: Sight, version?: number): Recipients;
}

/** Some users: ids, or members who can also be asked for one by one. */
export type Recipients = Iterable<string> & {
  readonly size?: number;
  has?(userId: string): boolean;
  /** Of members of a conversation: how another process knows them. */
  readonly sight?: Sight;
};
