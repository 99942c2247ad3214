import { dismiss, toasts } from '../core/toasts';
import { useStore } from '../core/use-store';
import { useText } from '../i18n/text';
import { IconButton } from './icon';

/** What could not be done; screen readers are told of it as it comes. */
export function Toasts() {
  const { acts } = useText();
  return (
    <div class="toasts" role="status">
      {useStore(toasts).map(({ id, message }) => (
        <div class="toast" key={id}>
          <span>{message}</span>
          <IconButton icon="close" label={acts.close} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
