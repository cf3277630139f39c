// The way of the frames: listeners, workers, pools, upstreams. Clients are numbers in it, never nodes.
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import {
  BaseEdge,
  EdgeLabelRenderer,
  getBezierPath,
  Handle,
  Position,
  ReactFlow,
  type EdgeProps,
  type NodeProps,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import type { Overview } from '../../api/types';
import type { Rates } from '../../live/rates';
import { short } from '../../ui/format';
import { State } from '../../ui/State';
import { graphOf, leastWidth, type Box, type Wire } from './layout';

const BoxNode = memo(function BoxNode({ data }: NodeProps<Box>) {
  const inside = (
    <>
      <span className="box-title" title={data.title}>
        {data.title}
      </span>
      <span className="box-line">
        <State tone={data.tone}>{data.word}</State>
        {data.lines.length > 0 && <span className="faint">{data.lines[data.lines.length - 1]}</span>}
      </span>
      {data.lines.length > 1 && <span className="box-line faint">{data.lines[0]}</span>}
    </>
  );
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {data.href ? (
        <a className={`box ${data.tone} nopan nodrag`} href={data.href} aria-label={`${data.kind} ${data.title}, ${data.word}, ${data.lines.join(', ')}`}>
          {inside}
        </a>
      ) : (
        <div className={`box ${data.tone}`}>{inside}</div>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
});

// A thousand times the frames are a few times the width.
const widthOf = (perSecond: number) => 1 + Math.min(5, Math.log10(1 + perSecond));

// Of the curve of getBezierPath() between two sides that face each other, `t` of 0 to 1 along it.
function pointAt({ sourceX, sourceY, targetX, targetY }: EdgeProps<Wire>, t: number): [x: number, y: number] {
  const middle = (sourceX + targetX) / 2;
  const u = 1 - t;
  const near = u * u * u + 3 * u * u * t; // the control point of an end is as high as the end
  const x = u * u * u * sourceX + 3 * u * t * middle + t * t * t * targetX;
  return [x, near * sourceY + (1 - near) * targetY];
}

const WireEdge = memo(function WireEdge(props: EdgeProps<Wire>) {
  const [path] = getBezierPath(props);
  const { flow, tone, labelled, labelAt } = props.data ?? { flow: null, tone: 'idle', labelled: false, labelAt: 0.5 };
  const [x, y] = pointAt(props, labelAt);
  const all = flow ? flow.up + flow.down : 0;
  return (
    <>
      <BaseEdge path={path} className={`wire ${all > 0 ? tone : 'idle'}`} style={{ strokeWidth: widthOf(all) }} />
      {labelled && flow && (
        <EdgeLabelRenderer>
          <span className="wire-label" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
            ↑{short(flow.up)} ↓{short(flow.down)}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

const nodeTypes = { box: BoxNode };
const edgeTypes = { wire: WireEdge };
const still = { x: 0, y: 0, zoom: 1 };
const fixed = { hideAttribution: true };

export function Topology({ overview, rates }: { overview: Overview; rates: Rates | null }) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(leastWidth);
  useEffect(() => {
    const at = frame.current;
    if (!at) return;
    const watch = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    watch.observe(at);
    return () => watch.disconnect();
  }, []);
  const graph = useMemo(() => graphOf(overview, rates, width), [overview, rates, width]);
  return (
    <div className="topology" ref={frame} role="region" aria-label="Topology" tabIndex={0}>
      <p className="unseen">{graph.text}</p>
      <div style={{ width: Math.max(width, leastWidth), height: graph.height }}>
        <ReactFlow
          nodes={graph.boxes}
          edges={graph.wires}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          defaultViewport={still}
          minZoom={1}
          maxZoom={1}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          panOnDrag={false}
          panOnScroll={false}
          zoomOnScroll={false}
          zoomOnPinch={false}
          zoomOnDoubleClick={false}
          preventScrolling={false}
          disableKeyboardA11y
          proOptions={fixed}
        />
      </div>
    </div>
  );
}
