// What the token of this page may not do, known before it is tried.
import type { Role } from '../api/types';
import { useLive } from '../live/store';

const order: Role[] = ['read', 'operate', 'admin'];

// Why not; empty: it may.
export function useDenied(needs: Role): string {
  const role = useLive().overview?.info.role ?? 'admin';
  return order.indexOf(role) >= order.indexOf(needs) ? '' : `This takes a token of the role ${needs}; the one of this page has the role ${role}.`;
}
