import document from '../docs/openapi.json';
import { rulesOf } from '../src/common/policy';

interface Operation {
  summary?: string;
  security?: unknown[];
  requestBody?: { content: Record<string, { schema?: object }> };
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

const operations = Object.entries(
  document.paths as unknown as Record<string, Record<string, Operation>>,
).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation,
  })),
);

// That it is what the routes are, `npm run check` says; that answers are as it says, every test's `call` does.
describe('docs/openapi.json', () => {
  it.each(operations)('says all of $name', ({ name, operation }) => {
    expect(operation.summary).toMatch(/\S/);
    const codes = Object.keys(operation.responses);
    const good = codes.filter((code) => code.startsWith('2'));
    expect(good).toHaveLength(1);
    for (const code of codes) {
      const schema = operation.responses[code]?.content?.['application/json']?.schema;
      if (code === '204') expect(schema).toBeUndefined();
      else expect(schema).toEqual(expect.any(Object));
    }
    if (operation.requestBody)
      expect(operation.requestBody.content['application/json']?.schema).toBeDefined();
    if (rulesOf(name).every(({ who }) => who === 'anybody')) expect(operation.security).toBeUndefined();
    else {
      const others = (operation.security ?? []).filter((way) => !('bearer' in (way as object)));
      expect(operation.security).toContainEqual({ bearer: [] });
      expect([[], [{ product: [] }]]).toContainEqual(others);
      expect(codes).toContain('401');
    }
  });

  it('refers to nothing that is not there', () => {
    const text = JSON.stringify(document);
    const names = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map((match) => match[1]);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names));
  });
});
