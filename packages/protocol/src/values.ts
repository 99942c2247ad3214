/** A UUID in lower case with dashes. */
export type Uuid = string;
/** An instant as ISO 8601 in UTC with milliseconds, by the database's clock. */
export type Timestamp = string;

/** One page of a list; `cursor` asks for the next and is null on the last. */
export interface Page<T> {
  items: T[];
  cursor: string | null;
}
