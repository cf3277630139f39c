import type { ButtonHTMLAttributes } from 'react';

type Kind = 'plain' | 'primary' | 'danger' | 'quiet';

export function Button({ kind = 'plain', className = '', ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { kind?: Kind }) {
  return <button type="button" className={`button ${kind} ${className}`} {...rest} />;
}
