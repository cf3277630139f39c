// The processes of the lab that this proxy is part of. They are asked of the lab itself: the proxy
// only knows where it is.
import { isHere, type Act, type LabApi, type Member } from '../../api/lab';
import { useDenied } from '../../app/role';
import { useLive } from '../../live/store';
import { Button } from '../../ui/Button';
import { age, count, rate, visible } from '../../ui/format';
import { Menu } from '../../ui/Menu';
import { Empty, ErrorNotice, Loading } from '../../ui/Notice';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { usePolled } from '../../ui/usePolled';
import { actsOf, titles, tones, upstreamOf, useLab, useMemberActions } from './members';

export const refreshMs = 1_000;

// What this proxy has to do with a process: its clients, and frames a second.
function useShare() {
  const { overview, rates, stale } = useLive();
  return (member: Member): { clients: string; frames: string } => {
    const upstream = upstreamOf(overview, member);
    if (stale) return { clients: '–', frames: '–' };
    if (upstream) return { clients: count(upstream.connections), frames: rate(rates?.upstream[upstream.id]?.up) };
    if (isHere(member) && overview) return { clients: count(overview.info.connections), frames: rate(rates?.total.up) };
    return { clients: '–', frames: '–' };
  };
}

function columnsOf(share: ReturnType<typeof useShare>, start: (act: Act, member: Member) => void, denied: string): Column<Member>[] {
  return [
    {
      key: 'name',
      title: 'Process',
      cell: (one) => (
        <>
          <a href={`#/lab/${encodeURIComponent(one.name)}`}>{visible(one.name)}</a>
          {isHere(one) && <span className="faint"> this page</span>}
        </>
      ),
    },
    { key: 'kind', title: 'Kind', cell: (one) => one.kind },
    {
      key: 'state',
      title: 'State',
      cell: (one) => (
        <>
          <State tone={tones[one.state]}>{one.state}</State>
          {one.ended && <div className="problem">{visible(one.ended)}</div>}
        </>
      ),
    },
    { key: 'since', title: 'Since', cell: (one) => <span title={one.since}>{age(one.since)}</span> },
    { key: 'pid', title: 'Pid', number: true, cell: (one) => (one.pid > 0 ? one.pid : '–') },
    { key: 'starts', title: 'Starts', number: true, cell: (one) => count(one.starts) },
    { key: 'address', title: 'Address', cell: (one) => <code>{visible(one.address)}</code> },
    { key: 'clients', title: 'Clients', number: true, cell: (one) => share(one).clients },
    { key: 'frames', title: 'Frames', number: true, cell: (one) => share(one).frames },
    {
      key: 'acts',
      title: '',
      cell: (one) => {
        const [first, ...others] = actsOf(one);
        return (
          <div className="acts">
            {first && (
              <Button kind={first === 'kill' ? 'danger' : 'plain'} denied={denied} aria-label={`${titles[first]} ${visible(one.name)}`} onClick={() => start(first, one)}>
                {titles[first]}
              </Button>
            )}
            {others.length > 0 && <Menu label={`Actions on ${visible(one.name)}`} items={others.map((act) => ({ text: titles[act], denied, onSelect: () => start(act, one) }))} />}
          </div>
        );
      },
    },
  ];
}

function Shown({ lab }: { lab: LabApi }) {
  const share = useShare();
  const denied = useDenied('admin');
  const look = usePolled('lab', refreshMs, lab.look);
  const { start, dialog } = useMemberActions(lab, look.value?.directory ?? '', look.refresh);
  const members = look.value?.members ?? [];
  return (
    <>
      <h1>Lab</h1>
      <p className="faint">
        The proxies and upstreams that <code>waymark-lab</code> has started on this machine. Break them, and see what their clients notice: clients and frames are those of
        this proxy.
      </p>
      {look.error && <ErrorNotice error={look.error} />}
      {!look.value && !look.error && <Loading />}
      {members.length > 0 && <Table label="Processes" columns={columnsOf(share, start, denied)} rows={members} id={(one) => one.name} />}
      {dialog}
    </>
  );
}

export function LabPage() {
  const lab = useLab();
  return lab ? <Shown lab={lab} /> : <Empty title="This proxy is in no lab." />;
}
