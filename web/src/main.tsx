import { render } from 'preact';
import { App } from './app';
import { followPreferences } from './core/preferences';
import { begin } from './session/session';
import './styles/base.css';
import './styles/controls.css';
import './styles/list.css';
import './styles/chat.css';
import './styles/dialogs.css';

followPreferences();
const root = document.getElementById('app');
if (root) render(<App />, root);
void begin();
