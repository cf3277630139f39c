import type { ButtonHTMLAttributes } from 'react';

type Kind = 'plain' | 'primary' | 'danger' | 'quiet';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: Kind;
  denied?: string; // why it may not be pressed; it keeps its place for the keyboard, to be read
}

export function Button({ kind = 'plain', className = '', denied = '', ...rest }: Props) {
  const barred = denied ? { 'aria-disabled': true, 'aria-description': denied, title: denied, onClick: undefined } : {};
  return <button type="button" className={`button ${kind} ${className}`} {...rest} {...barred} />;
}
