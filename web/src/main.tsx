import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { begin as beginTheme } from './app/theme';
import './styles/index.css';

beginTheme();
const page = document.getElementById('page');
if (page) createRoot(page).render(<App />);
