// A fault of one page is shown in its place; the frame around it stays.
import { Component, type ReactNode } from 'react';
import { Button } from '../ui/Button';
import { visible } from '../ui/format';

interface State {
  fault: string; // empty: there is none
}

export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { fault: '' };

  static getDerivedStateFromError(fault: unknown): State {
    return { fault: String(fault) };
  }

  override render(): ReactNode {
    if (!this.state.fault) return this.props.children;
    return (
      <div className="notice bad" role="alert">
        <strong>This page has failed.</strong>
        <p>
          It is a fault of the dashboard, and the proxy has no part in it: <code>{visible(this.state.fault)}</code>
        </p>
        <Button onClick={() => this.setState({ fault: '' })}>Show it again</Button>
      </div>
    );
  }
}
