import type { Mark as MarkName } from '@parley/client';
import { useText } from '../i18n/text';
import { Icon, type IconName } from '../ui/icon';

const ICONS: Record<MarkName, IconName> = {
  pending: 'clock',
  failed: 'alert',
  sent: 'check',
  delivered: 'checks',
  read: 'checks',
};

/** How far a message of mine has got. */
export function Mark({ mark }: { mark: MarkName }) {
  const word = useText().marks[mark];
  return (
    <span class={`mark mark-${mark}`} title={word} data-mark={mark}>
      <Icon name={ICONS[mark]} />
      <span class="unseen">{word}</span>
    </span>
  );
}
