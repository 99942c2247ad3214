/** Who asks: every service takes one first and checks what they may do. */
export interface Actor {
  readonly userId: string;
  readonly sessionId: string;
}
