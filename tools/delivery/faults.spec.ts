import { Refusal } from '../support/refusal';
import { chooseFaults, FAULT_NAMES } from './faults';

const names = (list: string, ownServers: number) => {
  const { sockets, server, redis, doubled, omitted } = chooseFaults(list, ownServers);
  return {
    sockets: sockets.map((each) => each.name),
    server: [...server, ...redis].map((each) => each.name),
    doubled,
    omitted,
  };
};

it('takes none, all, or a list', () => {
  expect(names('none', 1)).toEqual({ sockets: [], server: [], doubled: false, omitted: [] });
  expect(names('cut, db-kill,doubled', 1)).toEqual({
    ...{ sockets: ['cut'], server: ['db-kill'], doubled: true, omitted: [] },
  });
  const all = names('all', 3);
  expect([...all.sockets, 'doubled', ...all.server].sort()).toEqual([...FAULT_NAMES].sort());
});

it('does to one server what can be done to one', () => {
  const { server } = names('all', 1);
  expect(server).toEqual(expect.arrayContaining(['server-kill', 'db-locks']));
  expect(server).not.toEqual(expect.arrayContaining(['rolling']));
  expect(server).not.toEqual(expect.arrayContaining(['redis-kill']));
  expect(() => names('cut,rolling', 1)).toThrow('One server knows no rolling');
});

it('leaves the server of somebody else alone, and says so', () => {
  const { sockets, server, omitted } = names('all', 0);
  expect(server).toEqual([]);
  expect(omitted).toEqual(expect.arrayContaining(['server-kill', 'db-locks', 'redis-kill']));
  expect(sockets).toEqual(['cut', 'end', 'delay', 'half-open']);
});

it('knows no other', () => {
  expect(() => chooseFaults('cut,flood', 1)).toThrow(Refusal);
});
