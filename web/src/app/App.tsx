import { useEffect, useRef } from 'react';
import { liveStore, useLive } from '../live/store';
import { BroadcastPage } from '../pages/BroadcastPage';
import { ConfigPage } from '../pages/ConfigPage';
import { ConnectionPage } from '../pages/connections/ConnectionPage';
import { ConnectionsPage } from '../pages/connections/ConnectionsPage';
import { DeadLettersPage } from '../pages/DeadLettersPage';
import { EventsPage } from '../pages/events/EventsPage';
import { LabPage } from '../pages/lab/LabPage';
import { MemberPage } from '../pages/lab/MemberPage';
import { OverviewPage } from '../pages/overview/OverviewPage';
import { UpstreamPage } from '../pages/upstreams/UpstreamPage';
import { UpstreamsPage } from '../pages/upstreams/UpstreamsPage';
import { Empty, ErrorNotice, Loading } from '../ui/Notice';
import { visible } from '../ui/format';
import { Banner } from './Banner';
import { Boundary } from './Boundary';
import { Navigation, titleOf } from './Navigation';
import { useRoute, type Route } from './router';
import { SignIn } from './SignIn';

function Page({ route: { page, id } }: { route: Route }) {
  switch (page) {
    case '':
      return <OverviewPage />;
    case 'connections':
      return id ? <ConnectionPage key={id} mark={id} /> : <ConnectionsPage />;
    case 'upstreams':
      return id ? <UpstreamPage key={id} id={id} /> : <UpstreamsPage />;
    case 'broadcast':
      return <BroadcastPage />;
    case 'events':
      return <EventsPage />;
    case 'dead-letters':
      return <DeadLettersPage />;
    case 'config':
      return <ConfigPage />;
    case 'lab':
      return id ? <MemberPage key={id} name={id} /> : <LabPage />;
    default:
      return (
        <Empty title={`There is no page ${visible(page)}.`}>
          <p>
            <a href="#/">Overview</a>
          </p>
        </Empty>
      );
  }
}

export function App() {
  const route = useRoute();
  const { overview, error } = useLive();
  const main = useRef<HTMLElement>(null);
  const denied = error?.status === 401;

  useEffect(() => {
    liveStore.start();
    return () => liveStore.stop();
  }, []);
  useEffect(() => {
    document.title = `${titleOf(route.page)} – Waymark${overview ? ` ${visible(overview.info.proxy_id)}` : ''}`;
  }, [route.page, overview?.info.proxy_id]);
  useEffect(() => {
    scrollTo(0, 0);
  }, [route.page, route.id]);

  if (denied) return <SignIn error={error} />;
  return (
    <div className="frame">
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <Navigation page={route.page} />
      <main ref={main} tabIndex={-1} id="main">
        <Banner />
        {!overview && error && <ErrorNotice error={error} />}
        {!overview && !error && <Loading />}
        {overview && (
          <Boundary key={`${route.page}/${route.id}`}>
            <Page route={route} />
          </Boundary>
        )}
      </main>
    </div>
  );
}
