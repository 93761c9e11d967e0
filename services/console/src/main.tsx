import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { SessionProvider } from './api/session.js';
import { Navigation } from './shell/navigation.js';
import { Router } from './shell/router.js';
import { SignIn } from './shell/sign-in.js';
import { StringsProvider } from './strings/strings.js';

const place = document.getElementById('console');
if (!place) throw new Error('index.html has no place for the console');
createRoot(place).render(
  <StrictMode>
    <StringsProvider>
      <Router>
        <SessionProvider signIn={SignIn}>
          <Navigation />
        </SessionProvider>
      </Router>
    </StringsProvider>
  </StrictMode>,
);
