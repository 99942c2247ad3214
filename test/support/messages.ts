import { randomUUID } from 'node:crypto';
import type { Message, MessageSent } from '@parley/protocol';
import type { Person } from './person';
import type { TestSocket } from './test-socket';

/** The id of a new group that the first owns. */
export async function groupOf(owner: Person, ...others: Person[]): Promise<string> {
  const memberIds = others.map((person) => person.id);
  const { conversation } = await owner.ok('POST', '/conversations', { kind: 'group', memberIds });
  return conversation.id as string;
}

/** Sends a message over REST. */
export async function send(by: Person, conversationId: string, input: object = {}): Promise<Message> {
  const body = { id: randomUUID(), text: 'hello', ...input };
  const { message } = (await by.ok('POST', `/conversations/${conversationId}/messages`, body)) as MessageSent;
  return message;
}

export const pathOf = ({ conversationId, id }: Message) => `/conversations/${conversationId}/messages/${id}`;
export const named = ({ conversationId, id }: Message) => ({ conversationId, id });

/** The newest page of what somebody sees. */
export async function history(by: Person, conversationId: string): Promise<Message[]> {
  return (await by.ok('GET', `/conversations/${conversationId}/messages`)).messages as Message[];
}

/** The message that an event answers. */
export async function changed(socket: TestSocket, event: string, data: object): Promise<Message> {
  return ((await socket.request(event, data)) as { message: Message }).message;
}

/** The code with which an event is refused. */
export function refusal(socket: TestSocket, event: string, data: object): Promise<string> {
  return socket.request(event, data).then(
    () => 'nothing was refused',
    (error: { code: string }) => error.code,
  );
}
