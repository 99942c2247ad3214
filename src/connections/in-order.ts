import type { Position } from './delivery.service';

/** A handler's answer that belongs at a place among the pushes of its conversation. */
export class InOrder<T> {
  constructor(
    readonly position: Position,
    readonly data: T,
  ) {}
}
