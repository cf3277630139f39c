// Shown when the proxy wants a token and has not got one it knows.
import { useState, type FormEvent } from 'react';
import * as token from '../api/token';
import type { ApiError } from '../api/client';
import { liveStore } from '../live/store';
import { Button } from '../ui/Button';
import { Text } from '../ui/Fields';
import { Copy } from '../ui/Copy';
import { ErrorNotice } from '../ui/Notice';

export function SignIn({ error }: { error: ApiError }) {
  const [value, setValue] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    token.keep(value);
    liveStore.refresh();
  };
  return (
    <main className="sign-in" id="main">
      <h1>Waymark</h1>
      <p>The proxy wants a token. Where it runs, this prints an address that has it:</p>
      <Copy text="waymarkctl dashboard" label="waymarkctl line" />
      <form onSubmit={submit}>
        <Text label="Or give the token here" type="password" value={value} onChange={setValue} hint="It stays in this tab until it is closed." autoFocus />
        <div className="actions">
          <Button type="submit" kind="primary" disabled={value.trim() === ''}>
            Sign in
          </Button>
        </div>
      </form>
      {token.current() !== '' && <ErrorNotice error={error} />}
    </main>
  );
}
