import { useStore } from '../core/use-store';
import { useParley } from '../core/parley';

const COLOURS = 8;

/** Initials on a colour of their own; who it is stands beside it. */
export function Avatar({ name, id, size = 'm' }: { name: string; id: string; size?: 's' | 'm' | 'l' }) {
  return (
    <span class={`avatar avatar-${size} colour-${hash(id) % COLOURS}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

/** A person's avatar with how they are reachable. */
export function Presence({ name, userId }: { name: string; userId: string }) {
  const { status } = useStore(useParley().client.presence.of(userId));
  return (
    <span class="avatar-place">
      <Avatar name={name} id={userId} />
      <span class={`presence presence-${status}`} aria-hidden="true" />
    </span>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = Array.from(words[0] ?? '')[0] ?? '?';
  const last = words.length > 1 ? (Array.from(words.at(-1) ?? '')[0] ?? '') : '';
  return (first + last).toUpperCase();
}

function hash(text: string): number {
  let value = 0;
  for (let at = 0; at < text.length; at++) value = (value * 31 + text.charCodeAt(at)) >>> 0;
  return value;
}
