import type { ValueTransformer } from 'typeorm';

/** Seq and version are bigint in the table and stay far below 2^53, so they are numbers here. */
export const bigintNumber: ValueTransformer = {
  to: (value?: number | null) => value,
  from: (value: string | number | null) => (value === null ? null : Number(value)),
};
