// Dark or light: as the system has it, or as chosen here and kept by this browser.
import { useSyncExternalStore } from 'react';

export type Choice = 'system' | 'dark' | 'light';

const key = 'waymark.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function chosen(): Choice {
  const kept = localStorage.getItem(key);
  return kept === 'dark' || kept === 'light' ? kept : 'system';
}

let current = { choice: 'system' as Choice, dark: false };

function apply(): void {
  const choice = chosen();
  current = { choice, dark: choice === 'system' ? system.matches : choice === 'dark' };
  document.documentElement.dataset.theme = current.dark ? 'dark' : 'light';
  for (const listener of listeners) listener();
}

export function begin(): void {
  system.addEventListener('change', apply);
  apply();
}

export function choose(choice: Choice): void {
  if (choice === 'system') localStorage.removeItem(key);
  else localStorage.setItem(key, choice);
  apply();
}

export const useTheme = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
