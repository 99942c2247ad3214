/** What the primary tells a worker. */
export type ToWorker<Handover> =
  /** The first: everything that a worker needs to serve. */
  | { readonly type: 'serve'; readonly handover: Handover }
  /** Whether it takes new sockets, or leaves them to workers that have fewer. */
  | { readonly type: 'accept'; readonly on: boolean }
  | { readonly type: 'reload' }
  /** It answers with `measured` and the same number. */
  | { readonly type: 'measure'; readonly id: number }
  | { readonly type: 'end' };

/** What a worker tells the primary. */
export type FromWorker =
  | { readonly type: 'listening'; readonly port: number }
  /** It cannot serve, and ends; the reason as told to people. */
  | { readonly type: 'failed'; readonly reason: string }
  /** How many sockets it has now. */
  | { readonly type: 'sockets'; readonly count: number }
  | { readonly type: 'measured'; readonly id: number; readonly metrics: unknown };
