import { LIMITS } from '@parley/protocol';
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import { MayBeMissing } from './optional';
import { ToNumber } from './to-number';

const DEFAULT_PAGE_SIZE = 50;

/** Which page of a list. */
export class PageQuery {
  /** What the page before returned; without it, the first. */
  @MayBeMissing()
  @IsString()
  @MaxLength(500)
  cursor?: string;

  /** Items on the page. */
  @MayBeMissing()
  @ToNumber()
  @IsInt()
  @Min(1)
  @Max(LIMITS.pageSize)
  limit: number = DEFAULT_PAGE_SIZE;
}
