import { Parser } from '@asyncapi/parser';
import { CLOSE, ERRORS } from '@parley/protocol';
import document from '../docs/asyncapi.json';
import { Shapes } from '../tools/conformance/shapes';
import { call } from './support/person';
import { startApp } from './support/start-app';

interface Message {
  name: string;
  examples?: { payload: { event: string; ok?: boolean } }[];
}

const messages = Object.values(document.components.messages) as unknown as Message[];

// That it is what the types and the gateways are, `npm run check` says; that frames are as it says, every TestSocket.
describe('docs/asyncapi.json', () => {
  it('is a document of AsyncAPI 3', async () => {
    const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document));
    // 0 is an error, 1 a warning, and the rest is advice.
    expect(diagnostics.filter(({ severity }) => Number(severity) <= 1)).toEqual([]);
    expect(parsed?.version()).toBe('3.0.0');
    expect(parsed?.operations().filterByReceive().length).toBe(15);
    for (const operation of parsed?.operations().filterByReceive() ?? [])
      expect(operation.reply()?.messages().length).toBe(2);
    expect(parsed?.operations().filterBySend().length).toBe(16);
  });

  it('has every error and every close code', () => {
    expect(document.components.schemas.ErrorCode.enum).toEqual(Object.keys(ERRORS));
    expect(document.info['x-errors']).toEqual(ERRORS);
    expect(document.channels.socket['x-close-codes']).toEqual(Object.values(CLOSE));
  });

  it('describes every event in words', () => {
    for (const operation of Object.values(document.operations)) expect(operation.summary).toMatch(/\.$/);
  });

  it('has for every message an example that is as it says', () => {
    const shapes = new Shapes(true);
    for (const { name, examples = [] } of messages) {
      expect({ name, examples }).toEqual({ name, examples: [expect.anything()] });
      const { payload } = examples[0]!;
      const asked = name.replace(/\.reply$/, '');
      expect(shapes.wrongWith(payload, payload.event === 'reply' ? asked : undefined)).toBeNull();
    }
  });

  it('is what a server shows, unless its documents are off', async () => {
    const server = await startApp();
    expect(await call(server.url, 'GET', '/asyncapi.json')).toEqual({ status: 200, body: document });
    await server.stop();
    const silent = await startApp({ API_DOCS: '0' });
    expect((await call(silent.url, 'GET', '/asyncapi.json')).status).toBe(404);
    await silent.stop();
  });
});
