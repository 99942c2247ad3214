/** Somebody whom the generator plays. */
export interface Client {
  id: string;
  /** The access token, where the server asks for one. */
  token?: string;
  /** Where they write to, as the server knows it. */
  room: string;
}
