import type { Profiler } from 'node:inspector';
import { STAGES, stagesOf } from './stages';

const node = (
  id: number,
  functionName: string,
  url: string,
  children: number[] = [],
): Profiler.ProfileNode => ({
  id,
  children,
  callFrame: { functionName, url, scriptId: '0', lineNumber: 0, columnNumber: 0 },
});

it('counts what runs for the innermost frame that stands for a stage, and leaves out idle time', () => {
  const nodes = [
    node(1, '(root)', '', [2, 3, 4, 6]),
    node(2, '(idle)', ''),
    node(3, '(garbage collector)', ''),
    node(4, 'commit', 'file:///p/dist/src/timeline/append-committer.js', [5]),
    node(5, 'writev', ''),
    node(6, 'onStreamRead', 'node:internal/stream_base_commons', [7]),
    node(7, 'send', '/p/node_modules/ws/lib/sender.js', [8]),
    node(8, 'writev', ''),
  ];
  const samples = [2, 3, 5, 6, 8, 2];
  const timeDeltas = [0, 1_000, 10, 20, 30, 40];
  const shares = stagesOf({ nodes, samples, timeDeltas, startTime: 0, endTime: 1_100 });
  expect([...shares.keys()]).toEqual([...STAGES]);
  expect(Object.fromEntries([...shares].filter(([, share]) => share > 0))).toEqual({
    'garbage collector': 0.1,
    'batch and what became of it': 0.2,
    'event loop, Node, the rest': 0.3,
    'socket: write': 0.4,
  });
});
