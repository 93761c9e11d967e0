#!/usr/bin/env node
import '../dist/bundle/trustcast-keys.js';
