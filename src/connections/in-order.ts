import type { Position } from './push-order';

/** A handler's answer that belongs at a place among the pushes of its conversation. */
export class InOrder<T> {
  constructor(
    readonly position: Position,
    readonly data: T,
  ) {}
}
