// A table whose header cells sort it, and which becomes a list of cards where there is no room. Its roles
// are written out: a style that lays rows out otherwise would take them away in some browsers.
import { memo, type CSSProperties, type ReactNode } from 'react';
import { Button } from './Button';
import { Select } from './Fields';

export interface Column<Row> {
  key: string;
  title: string;
  number?: boolean;
  sort?: string; // what the caller knows this order by
  menu?: string; // its name where it does not stand beside others
  track?: string; // of a grid: where all columns have one, rows that are not in sight cost nothing
  cell: (row: Row) => ReactNode;
}

export interface Sorting {
  by: string;
  descending: boolean;
  onChange: (by: string, descending: boolean) => void;
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  id: (row: Row) => string;
  sorting?: Sorting;
}

export function Table<Row>({ label, columns, rows, id, sorting }: Props<Row>) {
  const inTracks = columns.every((column) => column.track);
  const tracks = { '--tracks': columns.map((column) => column.track).join(' ') } as CSSProperties;
  return (
    <>
      {sorting && <NarrowSort columns={columns} sorting={sorting} />}
      <div className={inTracks ? 'table-frame in-tracks' : 'table-frame'} style={inTracks ? tracks : undefined} role="region" aria-label={label} tabIndex={0}>
        <table role="table">
          <thead role="rowgroup">
            <tr role="row">
              {columns.map((column) => (
                <Head key={column.key} column={column} sorting={sorting} />
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {rows.map((row) => (
              <Line key={id(row)} columns={columns} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

// The page is told of the proxy more often than of rows.
const Line = memo(function Line<Row>({ columns, row }: { columns: Column<Row>[]; row: Row }) {
  return (
    <tr role="row">
      {columns.map((column) => (
        <td key={column.key} role="cell" data-label={column.menu ?? column.title} className={column.number ? 'number' : undefined}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}) as <Row>(props: { columns: Column<Row>[]; row: Row }) => ReactNode;

// Cards have no header cells to sort by.
function NarrowSort<Row>({ columns, sorting }: { columns: Column<Row>[]; sorting: Sorting }) {
  const sorts = columns.filter((column) => column.sort);
  return (
    <div className="narrow-sort">
      <Select
        label="Order"
        value={sorting.by}
        onChange={(by) => sorting.onChange(by, sorting.descending)}
        options={[...(sorting.by === '' ? [['', 'as configured'] as [string, string]] : []), ...sorts.map((one): [string, string] => [one.sort ?? '', one.menu ?? one.title])]}
      />
      <Button aria-pressed={sorting.descending} onClick={() => sorting.onChange(sorting.by, !sorting.descending)}>
        Greatest first
      </Button>
    </div>
  );
}

function Head<Row>({ column, sorting }: { column: Column<Row>; sorting?: Sorting }) {
  const className = column.number ? 'number' : undefined;
  const { sort } = column;
  if (!sort || !sorting) {
    return (
      <th scope="col" role="columnheader" className={className}>
        {column.title || <span className="unseen">Actions</span>}
      </th>
    );
  }
  const on = sorting.by === sort;
  const order = !on ? 'none' : sorting.descending ? 'descending' : 'ascending';
  return (
    <th scope="col" role="columnheader" className={className} aria-sort={order}>
      <button
        type="button"
        className="sort"
        onClick={() => sorting.onChange(sort, on ? !sorting.descending : Boolean(column.number))}
      >
        {column.title}
        <span aria-hidden="true" className="arrow">
          {on ? (sorting.descending ? '▼' : '▲') : ''}
        </span>
      </button>
    </th>
  );
}
