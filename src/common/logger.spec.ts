import { createLogger } from './logger';

describe('createLogger', () => {
  it('writes a line for each entry in production, whatever is in it', () => {
    const written: string[] = [];
    const write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0;
    const [out, err] = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation(write),
    );
    const logger = createLogger({ production: true, logLevel: 'info' });
    const text = 'a\r\n{"level":"fatal"}\u001b[2J\u009b31m\u2028b';
    logger.log(text);
    logger.warn(text, 'Context\r\n');
    logger.error(new Error(text));
    logger.error(text, 'stack\nof it', 'Context');
    out?.mockRestore();
    err?.mockRestore();
    expect(written).toHaveLength(4);
    for (const line of written) {
      expect(line).toMatch(/^\{[^\n\r\u001b]*\}\n$/);
      expect(JSON.stringify(JSON.parse(line))).toContain('fatal');
    }
  });
});
