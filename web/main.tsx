import '@cloudscape-design/global-styles/index.css';
import './page.css';
import { I18nProvider } from '@cloudscape-design/components/i18n';
import messages from '@cloudscape-design/components/i18n/messages/all.en';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { openApi } from './api/api.ts';
import { openHttp } from './api/http.ts';
import { openTokenStore } from './api/token.ts';
import { App } from './app.tsx';
import { ApiContext } from './hooks/use-api.ts';
import { followColorScheme } from './theme.ts';

const token = openTokenStore(window);
// The same tab given a new address with a token does not reload: it only sees its fragment change.
window.addEventListener('hashchange', () => {
  if (window.location.hash.includes('token=')) window.location.reload();
});
followColorScheme();

const api = openApi(openHttp((path, init) => fetch(path, init), token));
const queries = new QueryClient({
  defaultOptions: {
    // The server is this machine: being offline means nothing, and polling is the retry.
    queries: { retry: false, networkMode: 'always', staleTime: 0 },
    mutations: { retry: false, networkMode: 'always' },
  },
});

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <I18nProvider locale="en" messages={[messages]}>
        <QueryClientProvider client={queries}>
          <ApiContext value={api}>
            <BrowserRouter>
              <App token={token} />
            </BrowserRouter>
          </ApiContext>
        </QueryClientProvider>
      </I18nProvider>
    </StrictMode>,
  );
}
