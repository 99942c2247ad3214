import { AUTH_TIMEOUT_SECONDS, CLOSE, SUBPROTOCOLS, type Tokens } from '@parley/protocol';
import type { Section } from '../check';
import { must, NotChecked, same } from '../difference';
import { Refused } from '../line';
import { newMessage, type Scene } from '../scene';

export const connecting: Section = {
  title: 'Connecting',
  checks: [
    ['JSON is spoken when no subprotocol is offered', (scene) => talks(scene, [], '')],
    [
      'of several subprotocols the first that is known is taken',
      (scene) => talks(scene, ['other.v9', SUBPROTOCOLS.msgpack, SUBPROTOCOLS.json], SUBPROTOCOLS.msgpack),
    ],
    [
      'MessagePack carries the same objects in binary frames',
      (scene) => talks(scene, [SUBPROTOCOLS.msgpack], SUBPROTOCOLS.msgpack),
    ],
    ['a frame of the other kind, binary or text, is frame_invalid', otherKind],
    ['who offers only unknown subprotocols is closed with 4400, or refused', onlyUnknown],
    ['a bad token on the upgrade is refused with 401 and the error as JSON', badToken],
    ['the first frame on a connection that came with a token is ready', firstIsReady],
    ['without a token only auth is taken; a refused one may be tried again', authByFrame],
    ['who is authenticated cannot be so again', twice],
    ['a token in the URL is not looked at', tokenInUrl],
    [`who has not sent auth for ${AUTH_TIMEOUT_SECONDS} s is closed with 4408`, authTimeout],
    ['auth.refresh goes on with a token of the same session, and of no other', refresh],
    ['the server pings, and who does not answer is closed with 4504', heartbeat],
    ['session.ending comes before the token ends, and then a close with 4401', ending],
  ],
};

async function talks(scene: Scene, protocols: string[], chosen: string): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const [line, other] = [await ann.connect({ protocols }), await bob.connect()];
  same(line.protocol, chosen, 'the subprotocol');
  const input = newMessage('你好 👋');
  const { message } = await line.request('message.send', { to: bob.id, ...input });
  same(message, { ...input, seq: 1 }, 'the message');
  same((await other.next('message.created')).message, message, 'the push of the message');
  await line.request('changes', { conversationId: message.conversationId, afterVersion: 0, afterSeq: 0 });
}

async function otherKind(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const frame = JSON.stringify({ event: 'ping' });
  for (const protocol of Object.values(SUBPROTOCOLS)) {
    const line = await ann.connect({ protocols: [protocol] });
    line.send(protocol === SUBPROTOCOLS.json ? Buffer.from(frame) : frame);
    same((await line.next('error')).error.code, 'frame_invalid', `the error on ${protocol}`);
  }
}

async function onlyUnknown(scene: Scene): Promise<void> {
  try {
    const line = await scene.line({ protocols: ['other.v9'] });
    same((await line.end()).code, CLOSE.protocol.code, 'the close code');
  } catch (error) {
    // A library that fails the handshake itself does not see the close.
    if (!(error instanceof Error) || !/subprotocol/i.test(error.message)) throw error;
  }
}

async function badToken(scene: Scene): Promise<void> {
  const refused = await scene.line({ token: 'nonsense' }).then(
    () => null,
    (error: unknown) => error,
  );
  must(refused instanceof Refused, 'a connection with the token "nonsense" is let in');
  same(refused.status, 401, 'the status');
  same(JSON.parse(refused.body), { error: { code: 'unauthenticated', retryable: false } }, 'the body');
}

async function firstIsReady(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const line = await scene.line({ token: ann.tokens.accessToken });
  const ready = await line.next('ready');
  same(line.came[0], 'ready', 'the first that came');
  same(ready, { userId: ann.id, sessionId: ann.tokens.sessionId }, 'ready');
  must(
    ready.expiresIn <= ann.tokens.expiresIn,
    `the token is good for ${ready.expiresIn} s, longer than it was`,
  );
}

async function authByFrame(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const line = await scene.line();
  await line.refusal('ping', undefined, 'unauthenticated');
  await line.refusal('auth', { accessToken: 'nonsense' }, 'unauthenticated');
  const before = line.came.length;
  const reply = await line.request('auth', { accessToken: ann.tokens.accessToken });
  same(await line.next('ready'), reply, 'ready beside the reply to auth');
  same(line.came.slice(before), ['ready', 'reply'], 'what came after a good auth');
  await line.request('ping');
}

async function twice(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const line = await ann.connect();
  await line.refusal('auth', { accessToken: ann.tokens.accessToken }, 'payload_invalid');
}

async function tokenInUrl(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const token = ann.tokens.accessToken;
  const line = await scene.line({ query: `?access_token=${token}&token=${token}` });
  await line.refusal('ping', undefined, 'unauthenticated');
}

async function authTimeout(scene: Scene): Promise<void> {
  const line = await scene.line();
  const patience = AUTH_TIMEOUT_SECONDS * 1_000 + scene.options.patienceMs;
  same(await line.within(line.closed, 'the close', patience), closeOf(CLOSE.authTimeout), 'the close');
}

async function refresh(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const other = await ann.login();
  const line = await ann.connect();
  const input = { refreshToken: ann.tokens.refreshToken };
  const { body } = await scene.rest<Tokens>('POST', '/v1/auth/refresh', input);
  const { expiresIn } = await line.request('auth.refresh', { accessToken: body.accessToken });
  must(expiresIn > 0 && expiresIn <= body.expiresIn, `expiresIn is ${expiresIn}`);
  await line.refusal('auth.refresh', { accessToken: other.tokens.accessToken }, 'forbidden');
  await line.refusal('auth.refresh', { accessToken: 'nonsense' }, 'unauthenticated');
  await line.request('ping');
}

/** Longer than this only when it is asked for. */
const QUICK_SECONDS = 3;

async function heartbeat(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const line = await scene.line({ token: ann.tokens.accessToken, autoPong: false });
  const { heartbeatSeconds } = await line.next('ready');
  const isLong = heartbeatSeconds > QUICK_SECONDS;
  if (isLong && !scene.options.slow) throw new NotChecked(`it takes ${3 * heartbeatSeconds} s: --slow`);
  const patience = 4 * heartbeatSeconds * 1_000 + scene.options.patienceMs;
  same(await line.within(line.closed, 'the close', patience), closeOf(CLOSE.heartbeat), 'the close');
  must(line.pings >= 2, `${line.pings} pings came before it`);
}

async function ending(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const { expiresIn } = ann.tokens;
  if (expiresIn > (scene.options.slow ? 1_200 : QUICK_SECONDS))
    throw new NotChecked(
      `tokens of this server are good for ${expiresIn} s${expiresIn > 1_200 ? '' : ': --slow'}`,
    );
  const line = await ann.connect();
  const patience = expiresIn * 1_000 + scene.options.patienceMs;
  await line.within(line.closed, 'the close', patience);
  same((await line.next('session.ending')).expiresIn <= 60, true, 'that session.ending came 60 s before');
  same(await line.closed, closeOf(CLOSE.tokenInvalid), 'the close');
}

export const closeOf = ({ code, reason }: { code: number; reason: string }) => ({ code, reason });
