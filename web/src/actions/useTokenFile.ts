// The file with the token of the proxy that this page came from, where a lab has made it: waymarkctl by
// itself looks only where services and users have theirs.
import { isHere, labAt } from '../api/lab';
import type { Result } from '../api/client';
import { useLive } from '../live/store';
import { usePolled } from '../ui/usePolled';

async function fileOf(lab: string): Promise<Result<string>> {
  if (!lab) return { ok: true, value: '', size: 0 };
  const answer = await labAt(lab).look();
  if (!answer.ok) return answer;
  const { directory, members } = answer.value;
  const proxy = members.find(isHere);
  return { ...answer, value: proxy ? `${directory}/state/${proxy.name}/admin.token` : '' };
}

// Null: the lab has not answered yet. Empty: the proxy is in none, or its lab does not answer.
export function useTokenFile(): string | null {
  const lab = useLive().overview?.info.lab ?? '';
  const { value, error } = usePolled(lab, 0, () => fileOf(lab));
  return lab && !error ? value : '';
}
