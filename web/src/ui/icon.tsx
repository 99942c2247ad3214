/** Outlines of 24 by 24, drawn in the colour of the text around them. */
const PATHS = {
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4',
  settings:
    'M4 7h9M19 7h1M4 17h1M11 17h9M16 4.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM8 14.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5a6.5 6.5 0 0 1 3.5 5.5',
  group:
    'M4 5h12a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-6l-4 4v-4H4a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM10 8v5M7.500 10.500h5',
  send: 'M4 12l16-8-6 16-3-7z',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  reply: 'M10 7L4 12l6 5M4 12h10a6 6 0 0 1 6 6',
  smile: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.500 14a4 4 0 0 0 7 0M9 9.500h.01M15 9.500h.01',
  pin: 'M9 4h6l-1 6 4 3v2H6v-2l4-3zM12 15v6',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01',
  down: 'M12 5v14M6 13l6 6 6-6',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2',
  check: 'M5 13l4 4 10-11',
  checks: 'M2 13l4 4 9-11M11 16l1.500 1.500L22 6',
  alert: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v5M12 16h.01',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  hide: 'M4 4l16 16M10 6.200A9 9 0 0 1 21 12a12 12 0 0 1-2 2.800M6.500 8A12 12 0 0 0 3 12a9.500 9.500 0 0 0 12 5.500',
} as const;

export type IconName = keyof typeof PATHS;

/** For the eye only: what it stands for is said beside it, or by its button's label. */
export function Icon({ name, class: more = '' }: { name: IconName; class?: string }) {
  return (
    <svg class={`icon ${more}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect class="logo-ground" width="64" height="64" rx="16" />
      <path
        class="logo-bubble"
        d="M18 16h28a6 6 0 0 1 6 6v16a6 6 0 0 1-6 6H32l-11 9v-9h-3a6 6 0 0 1-6-6V22a6 6 0 0 1 6-6z"
      />
      <path class="logo-lines" d="M22 26h20M22 34h13" />
    </svg>
  );
}

interface IconButtonProps {
  icon: IconName;
  label: string;
  onClick: (event: MouseEvent) => void;
  class?: string;
  badge?: number;
  disabled?: boolean;
  isPressed?: boolean;
}

export function IconButton({ icon, label, onClick, badge = 0, isPressed, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      class={`icon-button ${rest.class ?? ''}`}
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      disabled={rest.disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
      {badge > 0 && <span class="dot-badge">{badge}</span>}
    </button>
  );
}
