// Where the nodes of the topology stand: four columns, each spread over the height. However large the
// proxy is, a column holds so many nodes; the rest of it is one node.
import type { Edge, Node } from '@xyflow/react';
import type { Overview, Pool, Upstream } from '../../api/types';
import type { Flow, Rates } from '../../live/rates';
import { address } from '../../app/router';
import { count, plural, rate, visible } from '../../ui/format';
import { toneOf, wordOf, type Tone } from '../../ui/State';

export interface NodeData extends Record<string, unknown> {
  kind: string;
  title: string;
  lines: string[];
  tone: Tone;
  word: string;
  href: string;
}
export interface EdgeData extends Record<string, unknown> {
  flow: Flow | null;
  tone: Tone;
  name: string;
  labelled: boolean;
  labelAt: number; // 0 to 1 of the way
}
export type Box = Node<NodeData, 'box'>;
export type Wire = Edge<EdgeData, 'wire'>;

const mostInColumn = 12;
const mostLabels = 14; // of edges between two columns
export const boxWidth = 168;
export const boxHeight = 62;
const gap = 18;
export const leastWidth = 4 * boxWidth + 3 * 104;

interface Item extends NodeData {
  id: string;
  members: string[]; // what it stands for
}

// Groups what does not fit.
function column(kind: string, all: Item[]): Item[] {
  if (all.length <= mostInColumn) return all;
  const shown = all.slice(0, mostInColumn - 1);
  const rest = all.slice(mostInColumn - 1);
  const worst = (['bad', 'warn', 'note', 'ok', 'idle'] as Tone[]).find((tone) => rest.some((one) => one.tone === tone)) ?? 'idle';
  const bad = rest.filter((one) => one.tone === 'bad' || one.tone === 'warn').length;
  return [
    ...shown,
    {
      id: `${kind} rest`,
      members: rest.flatMap((one) => one.members),
      kind,
      title: `${count(rest.length)} more`,
      lines: [],
      tone: worst,
      word: bad ? `${count(bad)} not ready` : 'all well',
      href: rest[0]?.href.split('?')[0]?.replace(/^(#\/\w+)\/.*/, '$1') ?? '',
    },
  ];
}

// An upstream that somebody has drained is no fault of its pool.
function toneOfPool(overview: Overview, pool: Pool): Tone {
  if (pool.upstreams_ready === 0) return 'bad';
  const faulty = overview.upstreams.some((one) => one.pool === pool.name && toneOf(one) === 'bad');
  return faulty || pool.held_connections > 0 ? 'warn' : 'ok';
}

const worstFirst: Tone[] = ['bad', 'warn', 'note', 'ok', 'idle'];

function columns(overview: Overview): Item[][] {
  const totalOf = (name: string) =>
    overview.workers.reduce((all, worker) => all + (worker.listeners.find((one) => one.listener === name)?.connections ?? 0), 0);
  const listeners = overview.listeners.map((one): Item => {
    const clients = totalOf(one.name);
    return {
      id: `listener ${one.name}`,
      members: [one.name],
      kind: 'listener',
      title: visible(one.name),
      lines: [visible(one.address), `${count(clients)} client${plural(clients)}`],
      tone: 'ok',
      word: 'open',
      href: address('connections', { listener: one.name }),
    };
  });
  const workers = overview.workers.map((one): Item => ({
    id: `worker ${one.worker}`,
    members: [String(one.worker)],
    kind: 'worker',
    title: `worker ${one.worker}`,
    lines: [`${count(one.connections)} client${plural(one.connections)}`],
    tone: one.held_connections > 0 ? 'warn' : 'ok',
    word: one.held_connections > 0 ? `${count(one.held_connections)} held` : 'runs',
    href: '',
  }));
  const pools = overview.pools.map((one): Item => ({
    id: `pool ${one.name}`,
    members: [one.name],
    kind: 'pool',
    title: visible(one.name),
    lines: [one.balance.replace('_', ' '), `${count(one.connections)} client${plural(one.connections)}`],
    tone: toneOfPool(overview, one),
    word: `${one.upstreams_ready}/${one.upstreams} ready`,
    href: address('upstreams', { pool: one.name }),
  }));
  const upstreams = overview.upstreams.map((one: Upstream): Item => ({
    id: `upstream ${one.id}`,
    members: [one.id],
    kind: 'upstream',
    title: visible(one.name),
    lines: [visible(one.address), `${count(one.connections)} client${plural(one.connections)}`],
    tone: toneOf(one),
    word: wordOf(one),
    href: `#/upstreams/${encodeURIComponent(one.id)}`,
  }));
  // Where not all can be shown, those that need a look come first; otherwise they keep their places.
  if (upstreams.length > mostInColumn) upstreams.sort((a, b) => worstFirst.indexOf(a.tone) - worstFirst.indexOf(b.tone));
  return [column('listener', listeners), column('worker', workers), column('pool', pools), column('upstream', upstreams)];
}

const together = (flows: (Flow | undefined)[]): Flow =>
  flows.reduce<Flow>((all, one) => ({ up: all.up + (one?.up ?? 0), down: all.down + (one?.down ?? 0) }), { up: 0, down: 0 });

// Where lines cross or leave one box together, so that their labels do not meet.
const labelAt = (from: number, to: number): number => (from === to ? 0.5 : 0.3);

export interface Graph {
  boxes: Box[];
  wires: Wire[];
  height: number;
  text: string; // the same for those who do not see it
}

export function graphOf(overview: Overview, rates: Rates | null, width: number): Graph {
  const placed = columns(overview);
  const tallest = Math.max(...placed.map((one) => one.length), 1);
  const height = tallest * (boxHeight + gap) + gap;
  const step = (Math.max(width, leastWidth) - boxWidth - 2) / 3;
  const boxes = placed.flatMap((items, at) =>
    items.map(({ id, members, ...data }, row): Box => ({
      id,
      type: 'box',
      position: { x: 1 + at * step, y: ((row + 0.5) * height) / items.length - boxHeight / 2 },
      data,
      width: boxWidth,
      height: boxHeight,
    })),
  );
  const [listeners = [], workers = [], pools = [], upstreams = []] = placed;
  const wires: Wire[] = [];
  const connect = (from: Item[], to: Item[], flow: (a: string, b: string) => Flow | undefined, exists: (a: string, b: string) => boolean) => {
    const pairs = from.flatMap((a) => to.filter((b) => a.members.some((x) => b.members.some((y) => exists(x, y)))).map((b) => [a, b] as const));
    for (const [a, b] of pairs) {
      const all = rates ? together(a.members.flatMap((x) => b.members.map((y) => flow(x, y)))) : null;
      wires.push({
        id: `${a.id} > ${b.id}`,
        source: a.id,
        target: b.id,
        type: 'wire',
        data: { flow: all, tone: b.kind === 'upstream' || b.tone === 'bad' ? b.tone : 'ok', labelAt: b.kind === 'upstream' ? 0.7 : labelAt(from.indexOf(a), to.indexOf(b)), name: `${a.title} to ${b.title}`, labelled: pairs.length <= mostLabels },
      });
    }
  };
  connect(listeners, workers, (a, b) => rates?.entry[`${a} ${b}`], () => true);
  connect(workers, pools, (a, b) => rates?.exit[`${a} ${b}`], () => true);
  const poolOf = new Map(overview.upstreams.map((one) => [one.id, one.pool]));
  connect(pools, upstreams, (_, b) => rates?.upstream[b], (a, b) => poolOf.get(b) === a);
  const text = wires.map((one) => `${one.data?.name}: ${rate(one.data?.flow?.up)} up, ${rate(one.data?.flow?.down)} down`).join('; ');
  return { boxes, wires, height, text };
}
