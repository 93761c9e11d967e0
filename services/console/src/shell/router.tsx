import {
  createContext,
  type AnchorHTMLAttributes,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
} from 'react';

const BASE = '/console';

export interface Place {
  /** Below `/console`, with a slash in front. */
  readonly path: string;
  readonly query: URLSearchParams;
}

interface Routing extends Place {
  readonly go: (to: string, how?: 'push' | 'replace') => void;
}

const RouterContext = createContext<Routing | null>(null);

export function useRouter(): Routing {
  const routing = use(RouterContext);
  if (!routing) throw new Error('no router');
  return routing;
}

function placeNow(): Place {
  const path = location.pathname.slice(BASE.length);
  return { path: path === '' ? '/' : path, query: new URLSearchParams(location.search) };
}

/** The address is where the view is kept: each view and each filter can be linked to. */
export function Router({ children }: { readonly children: ReactNode }) {
  const [place, setPlace] = useState(placeNow);
  useEffect(() => {
    const follow = () => setPlace(placeNow());
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const go = useCallback((to: string, how: 'push' | 'replace' = 'push') => {
    if (how === 'push') history.pushState(null, '', BASE + to);
    else history.replaceState(null, '', BASE + to);
    setPlace(placeNow());
    if (how === 'push') scrollTo(0, 0);
  }, []);
  const routing = useMemo(() => ({ ...place, go }), [place, go]);
  return <RouterContext value={routing}>{children}</RouterContext>;
}

/** A link within the console. With a modifier key it is the browser's. */
export function Link({ to, ...rest }: { readonly to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const { go } = useRouter();
  return (
    <a
      {...rest}
      href={BASE + to}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        go(to);
      }}
    />
  );
}

/** The address of a view with filters; empty ones are left out. */
export function addressOf(path: string, filters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value !== undefined && value !== '') query.set(name, value);
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}
