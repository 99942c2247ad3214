import { Refusal } from '../support/refusal';
import { chooseFaults, FAULT_NAMES } from './faults';

const names = (list: string, ownServer: boolean) => {
  const { sockets, server, doubled, omitted } = chooseFaults(list, { ownServer });
  return {
    sockets: sockets.map((each) => each.name),
    server: server.map((each) => each.name),
    doubled,
    omitted,
  };
};

it('takes none, all, or a list', () => {
  expect(names('none', true)).toEqual({ sockets: [], server: [], doubled: false, omitted: [] });
  expect(names('cut, db-kill,doubled', true)).toEqual({
    ...{ sockets: ['cut'], server: ['db-kill'], doubled: true, omitted: [] },
  });
  const all = names('all', true);
  expect([...all.sockets, 'doubled', ...all.server].sort()).toEqual([...FAULT_NAMES].sort());
});

it('leaves the server of somebody else alone, and says so', () => {
  const { sockets, server, omitted } = names('all', false);
  expect(server).toEqual([]);
  expect(omitted).toEqual(expect.arrayContaining(['server-kill', 'db-locks']));
  expect(sockets).toEqual(['cut', 'end', 'delay', 'half-open']);
});

it('knows no other', () => {
  expect(() => chooseFaults('cut,flood', { ownServer: true })).toThrow(Refusal);
});
