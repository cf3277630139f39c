// Inputs with their labels, and lists of facts.
import { useId, type ReactNode } from 'react';

interface Common {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
}

export function Select({ label, value, onChange, options }: Common & { options: [value: string, text: string][] }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface TextProps extends Common {
  type?: 'text' | 'number' | 'search' | 'password';
  placeholder?: string;
  min?: number;
  max?: number;
  required?: boolean;
  lines?: number;
  autoFocus?: boolean;
}

export function Text({ label, value, onChange, hint, lines, ...input }: TextProps) {
  const id = useId();
  const shared = {
    id,
    value,
    'aria-describedby': hint ? `${id}-hint` : undefined,
    autoComplete: 'off',
    spellCheck: false,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {lines ? <textarea rows={lines} placeholder={input.placeholder} autoFocus={input.autoFocus} {...shared} /> : <input {...shared} {...input} />}
      {hint && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

export function Check({ label, value, onChange }: { label: string; value: boolean; onChange: (value: boolean) => void }) {
  return (
    <label className="check">
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}

export function Facts({ facts }: { facts: [name: string, value: ReactNode][] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === '' ? '–' : value}</dd>
        </div>
      ))}
    </dl>
  );
}
