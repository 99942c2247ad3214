import { Login } from './session/login';
import { session } from './session/session';
import { Messenger } from './messenger';
import { ParleyContext } from './core/parley';
import { useStore } from './core/use-store';
import { Toasts } from './ui/toasts';

export function App() {
  const now = useStore(session);
  return (
    <>
      {now.is === 'out' && <Login hasEnded={now.hasEnded} />}
      {now.is === 'in' && (
        <ParleyContext.Provider value={now.parley}>
          <Messenger />
        </ParleyContext.Provider>
      )}
      <Toasts />
    </>
  );
}
