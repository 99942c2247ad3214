import type { Client } from './client';
import type { WireName } from './wires';

/** How clients connect. */
export interface OpenPlan {
  wire: WireName;
  port: number;
  clients: Client[];
  /** How many are on their way at once. */
  atOnce: number;
}

/** How connected clients write. */
export interface LoadPlan {
  /** Messages a second, over all. */
  rate: number;
  /** Messages before the ones that are measured. */
  warmUp: number;
  seconds: number;
  /** How many of each room write; all when missing. */
  writers?: number;
  /** With the receipts and typing that come with messages. */
  mixed?: boolean;
}

/** Durations in ms. */
export interface Latency {
  count: number;
  mean: number;
  p50: number;
  p95: number;
  p99: number;
  p999: number;
  max: number;
}

export interface OpenResult {
  opened: number;
  failed: number;
  seconds: number;
  /** From the first packet until a client may write. */
  latency: Latency;
  /** Why the first that failed did. */
  complaint?: string;
}

/** What became of the messages; counts are of all, rates and latencies of those measured. */
export interface LoadResult {
  /** Messages a second that were written. */
  sentRate: number;
  /** Answers a second, and deliveries a second, while they were written. */
  answeredRate: number;
  deliveredRate: number;
  /** From when a message was due until it was with a recipient. */
  delivery: Latency;
  /** From when a message was due until its sender had the answer. */
  answer: Latency;
  /** Messages that were measured. */
  measured: number;
  sent: number;
  delivered: number;
  refused: number;
  unanswered: number;
  /** Deliveries that did not come, of messages that were acknowledged. */
  lost: number;
  duplicated: number;
  reordered: number;
  /** Connections that have ended since they were opened. */
  closed: number;
  /** Share of a core that the generator took. */
  generatorCpu: number;
  /** How late the generator was, ms: the 99th percentile. */
  lateness: number;
  /** The first refusal. */
  complaint?: string;
}

export type Command =
  | { do: 'open'; plan: OpenPlan }
  | { do: 'load'; plan: LoadPlan }
  /** Ends so many connections, and opens them again. */
  | { do: 'reopen'; count: number };

/** By what it asked for. */
export interface Answers {
  opened: OpenResult;
  loaded: LoadResult;
}

export type News =
  | { news: 'began' }
  | { news: 'ended' }
  | { news: 'opened'; result: OpenResult }
  | { news: 'loaded'; result: LoadResult }
  | { news: 'failed'; reason: string };
