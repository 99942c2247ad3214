import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import fc from 'fast-check';
import { MessageDeleteDto, MessageEditDto, PinSetDto, ReactionSetDto } from './chat/message-changes.dto';
import { HistoryQuery, MessageSendDto, TypingDto } from './chat/messages.dto';
import { certainlyPasses, readQuickly } from './common/quick-validation';
import { validationPipe } from './common/validation';
import { SetPresenceDto, WatchPresenceDto } from './presence/presence.dto';
import { ReceiptMoveDto } from './receipts/receipts.dto';
import { ChangesQuery, SyncDto } from './sync/sync.dto';

/** Of every kind of frame. */
const DTOS = [
  ...[MessageSendDto, MessageEditDto, MessageDeleteDto, ReactionSetDto, PinSetDto, TypingDto, ReceiptMoveDto],
  ...[SetPresenceDto, WatchPresenceDto, SyncDto, ChangesQuery, HistoryQuery],
] as const;

const id = fc.uuid().map((text) => text.toLowerCase());
/** Of the properties that are no ids. */
const good = new Map<string, fc.Arbitrary<unknown>>(
  Object.entries({
    text: fc.string({ minLength: 1 }),
    kind: fc.constantFrom('text', 'image', 'system'),
    metadata: fc.dictionary(fc.string(), fc.jsonValue()),
    mentions: fc.array(id, { maxLength: 4 }),
    userIds: fc.array(id, { maxLength: 4 }),
    emoji: fc.constantFrom('👍', '❤️', 'x'),
    status: fc.constantFrom('online', 'away', 'busy', 'offline'),
    cursor: fc.string(),
    ...Object.fromEntries(['mentionAll', 'on', 'forMe'].map((name) => [name, fc.boolean()])),
    ...Object.fromEntries(
      ['ifVersion', 'seq', 'limit', 'afterVersion', 'afterSeq', 'before', 'after'].map((name) => [
        name,
        fc.nat(300),
      ]),
    ),
  }),
);
const anything = fc.oneof(
  fc.anything({ maxDepth: 2 }),
  id,
  fc.string({ unit: 'binary' }),
  fc.constantFrom(null, undefined, '', 0, -1, 1.5, NaN, Infinity, '\u0000', '\ud800', 'x'.repeat(20_000)),
);

/** Mostly as it should be, with now and then something missing, wrong or too much. */
function framesFor(Dto: new () => object): fc.Arbitrary<object> {
  const rules = getMetadataStorage().getTargetValidationMetadatas(Dto, '', false, false);
  const names = [...new Set(rules.map((rule) => rule.propertyName))];
  const values = names.map((name) => fc.oneof({ weight: 12, arbitrary: good.get(name) ?? id }, anything));
  const extra = fc.oneof(
    { weight: 9, arbitrary: fc.constant({}) },
    fc.constant({ toString: 1 }),
    fc.constant({ x: 1 }),
  );
  return fc
    .tuple(fc.tuple(...values), fc.subarray(names), extra, fc.boolean())
    .map(([all, some, more, isWhole]) => {
      const chosen = names
        .map((name, at) => [name, all[at]] as const)
        .filter(([name]) => isWhole || some.includes(name));
      return { ...Object.fromEntries(chosen), ...more };
    });
}

const each = DTOS.map((Dto) => [Dto.name, Dto as new () => object] as const);

describe('certainlyPasses', () => {
  it.each(each)('says of a %s what class-validator says', (_name, Dto) => {
    const verdicts = new Set<boolean>();
    const property = fc.property(framesFor(Dto), (plain) => {
      const object = plainToInstance(Dto, plain);
      const options = { whitelist: true, forbidNonWhitelisted: true, stopAtFirstError: true };
      const isGood = validateSync(object, options).length === 0;
      verdicts.add(isGood);
      expect(certainlyPasses(object)).toBe(isGood);
    });
    fc.assert(property, { numRuns: 500 });
    expect(verdicts.size).toBe(2);
  });
});

describe('readQuickly', () => {
  const pipe = validationPipe();

  it.each(each)('reads a %s as the pipe does, or not at all', async (_name, Dto) => {
    let read = 0;
    const property = fc.asyncProperty(framesFor(Dto), async (plain) => {
      const object = readQuickly(Dto, plain);
      if (!object) return;
      read++;
      expect(object).toBeInstanceOf(Dto);
      expect(await pipe.transform(plain, { type: 'body', metatype: Dto })).toEqual(object);
    });
    await fc.assert(property, { numRuns: 500 });
    expect(read).toBeGreaterThan(0);
  });
});
