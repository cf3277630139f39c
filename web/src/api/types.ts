// The resources of proto/waymark/admin/v1/admin.proto that the page reads.

export type UpstreamState = 'joining' | 'ready' | 'unhealthy' | 'dead' | 'leaving';
export type AdminState = 'ready' | 'drain' | 'maintenance';
export type Activity = 'all' | 'active' | 'inactive';

export interface Info {
  version: string;
  proxy_id: string;
  boot_id: string;
  pid: number;
  started_at: string;
  workers: number;
  ready: boolean;
  not_ready_reason: string;
  draining: boolean;
  connections: number;
  max_connections: number;
  held_connections: number;
  memory_used_bytes: number;
  memory_limit_bytes: number;
  config_file: string;
  role: Role; // of the token of this page
  lab: string; // address of the lab's API; empty: there is none
}

export type Role = 'read' | 'operate' | 'admin';

export interface Stats {
  upstreams: {
    upstream: string; // its id
    statistics?: { errors_per_second: { last_minute: number } }; // none where no history is kept of it
  }[];
}

// Columns of the same length.
export interface StatsHistory {
  upstream: string;
  resolution_seconds: number;
  at: number[]; // Unix seconds
  millis: number[];
  frames: number[];
  delivered: number[];
  answers: number[];
  failed_answers: number[];
  timed_out: number[];
  dead_lettered: number[];
  connections: number[];
  answer_p50_us: number[]; // 0: nothing was measured
  answer_p99_us: number[];
  up_p99_us: number[];
  down_p99_us: number[];
}

export interface Listener {
  name: string;
  address: string;
  pool: string;
  framing: string;
  accepted: number;
  paused_at_cap: number;
  paused_without_descriptors: number;
  failed: number;
}

export interface Pool {
  name: string;
  balance: string;
  upstreams: number;
  upstreams_ready: number;
  connections: number;
  held_connections: number;
  stranded_frames: number;
}

export interface Link {
  worker: number;
  state: string;
  connections: number;
  waiting_connections: number;
  outstanding_frames: number;
  outstanding_bytes: number;
  frames_sent: number;
  batches_sent: number;
  messages_received: number;
  times_lost: number;
  times_failed: number;
  problem: string;
}

export interface StateChange {
  at: string;
  state: UpstreamState;
  problem: string;
}

export interface Upstream {
  id: string;
  pool: string;
  address: string;
  name: string;
  source: string;
  state: UpstreamState;
  admin_state: AdminState;
  weight: number;
  weight_percent: number;
  protocol: string;
  problem: string;
  health: string;
  state_since: string;
  failures: number;
  lease_expires_at: string;
  metadata: Record<string, string>;
  connections: number;
  links: Link[];
  history?: { changes: StateChange[] };
}

// Counts of durations by the first of Overview.time_bounds_us they do not pass.
export interface Times {
  counts: number[];
  sum_us: number;
}

export interface ListenerTraffic {
  listener: string;
  connections: number;
  frames_up: number;
  frames_down: number;
  bytes_up: number;
  bytes_down: number;
}

export interface PoolTraffic {
  pool: string;
  connections: number;
  outstanding_frames: number;
  frames_sent: number;
  messages_received: number;
}

export interface Worker {
  worker: number;
  connections: number;
  held_connections: number;
  queued_connections: number;
  queued_bytes: number;
  frames_discarded: number;
  frames_given_up: number;
  frames_redelivered: number;
  reads_paused: number;
  up: Times;
  down: Times;
  loop_lag: Times;
  listeners: ListenerTraffic[];
  pools: PoolTraffic[];
}

export interface UpstreamTraffic {
  upstream: string;
  links: number;
  links_ready: number;
  waiting_connections: number;
  outstanding_frames: number;
  outstanding_bytes: number;
  frames_sent: number;
  bytes_sent: number;
  messages_received: number;
  errors: number;
  answers: Times;
}

export interface Overview {
  at: string;
  uptime_ms: number;
  info: Info;
  workers_silent: number;
  dead_letters: number;
  listeners: Listener[];
  pools: Pool[];
  workers: Worker[];
  upstreams: Upstream[];
  traffic: UpstreamTraffic[];
  time_bounds_us: number[];
}

export interface LedgerEntry {
  delivery: number;
  seq: number;
  attempts: number;
  bytes: number;
  received_at: string;
}

export interface Connection {
  mark: string;
  peer: string;
  local: string;
  listener: string;
  pool: string;
  worker: number;
  upstream: string;
  upstream_address: string;
  state: 'active' | 'inactive';
  opened_at: string;
  last_frame_at: string;
  frames_up: number;
  frames_down: number;
  bytes_up: number;
  bytes_down: number;
  queued_bytes: number;
  outstanding_bytes: number;
  outstanding_events: number;
  epoch: number;
  up_ended: boolean;
  paused: boolean;
  mark_source: string;
  trust: string;
  incarnation: number;
  key: string;
  presence?: { names: string[]; groups: string[]; attributes: Record<string, string> };
  ledger?: { acks: boolean; last_acked: number; entries: LedgerEntry[] };
}

export interface ConnectionList {
  connections: Connection[];
  next_page_token: string;
  matched: number;
}

export type ConnectionOrder =
  | 'mark'
  | 'peer'
  | 'listener'
  | 'upstream'
  | 'state'
  | 'opened'
  | 'last_frame'
  | 'frames_up'
  | 'frames_down'
  | 'bytes_up'
  | 'bytes_down'
  | 'queued'
  | 'outstanding';

// What is left out, or empty, does not count.
export interface ConnectionFilter {
  state?: Activity;
  upstream?: string;
  listener?: string;
  pool?: string;
  group?: string;
  peer?: string;
}

export interface ManyDone {
  matched: number;
  done: number;
  problem?: string;
}

// One of both: text, or bytes in base64.
export interface Payload {
  text?: string;
  payload?: string;
}

export interface Broadcast extends Payload {
  to: Activity;
  pool?: string;
  group?: string;
  dry_run?: boolean;
}

export interface BroadcastDone {
  attempted: number;
  written: number;
  failed: number;
  skipped: number;
}

export interface DeadLetter {
  id: string;
  mark: string;
  seq: number;
  pool: string;
  listener: string;
  upstream: string;
  attempts: number;
  reason: 'max_attempts' | 'given_up';
  received_at: string;
  dead_at: string;
  payload_bytes: number;
}

export interface DeadLetterList {
  dead_letters: DeadLetter[];
  next_page_token: string;
}

export interface DeadLetterFilter {
  pool?: string;
  mark?: string;
  reason?: string;
}

export interface ConfigDifference {
  path: string;
  file: string;
  running: string;
  persisted: boolean;
}

export interface NewUpstream {
  pool?: string;
  address: string;
  weight?: number;
  protocol?: string;
  insecure?: boolean;
}

export interface TapFrame {
  direction: 'up' | 'down';
  seq: number;
  time: string;
  size: number;
  payload: string;
  truncated: boolean;
}
