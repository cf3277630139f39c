// A payload as text or as base64.
import type { Payload } from '../api/types';
import { Select, Text } from '../ui/Fields';

export interface PayloadInput {
  kind: 'text' | 'base64';
  value: string;
}

export const noPayload: PayloadInput = { kind: 'text', value: '' };

export const payloadOf = ({ kind, value }: PayloadInput): Payload =>
  kind === 'text' ? { text: value } : { payload: value.trim() };

export function problemOf({ kind, value }: PayloadInput): string {
  if (kind === 'text' || value.trim() === '') return '';
  try {
    atob(value.trim());
    return '';
  } catch {
    return 'This is no base64.';
  }
}

export const isReady = (input: PayloadInput): boolean => input.value.trim() !== '' && problemOf(input) === '';

export function PayloadFields({ value, onChange }: { value: PayloadInput; onChange: (value: PayloadInput) => void }) {
  return (
    <div className="payload">
      <Text
        label="Payload"
        lines={3}
        value={value.value}
        onChange={(text) => onChange({ ...value, value: text })}
        hint={problemOf(value) || "The listener's framing puts its ending or length around it."}
      />
      <Select
        label="Written as"
        value={value.kind}
        onChange={(kind) => onChange({ ...value, kind: kind as PayloadInput['kind'] })}
        options={[
          ['text', 'Text'],
          ['base64', 'Base64'],
        ]}
      />
    </div>
  );
}
