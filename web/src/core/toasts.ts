import { ParleyError } from '@parley/client';
import { text } from '../i18n/text';
import { Cell } from './cell';

export interface Toast {
  readonly id: number;
  readonly message: string;
}

const SHOWN_MS = 6_000;
export const toasts = new Cell<readonly Toast[]>([]);
let count = 0;

export function tell(message: string): void {
  const id = ++count;
  toasts.set([...toasts.getSnapshot(), { id, message }].slice(-3));
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  toasts.set(toasts.getSnapshot().filter((toast) => toast.id !== id));
}

/** Why something could not be done, in words. */
export function reasonOf(error: unknown): string {
  const { errors } = text();
  if (!(error instanceof ParleyError)) {
    // A fault of the page's own: said in words here, and in full where faults are looked for.
    reportError(error);
    return errors.other;
  }
  return errors[error.code as keyof typeof errors] ?? errors.other;
}

/** Does what somebody has asked for, and says so when it could not be done; whether it was. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    tell(reasonOf(error));
    return false;
  }
}
