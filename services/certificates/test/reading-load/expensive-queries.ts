/** Of two environments with a history: close to the most that an operation may ask for. */
export const HISTORY =
  '{ environments { history(first: 250) { edges { node { changes(first: 5) { edges { node { name } } } } } } } }';
const PAGES = `{ certificates(first: 500) { totalCount edges { cursor node {
  id name description version createdAt updatedAt definitions { id alias source fingerprint environments { id name title } } } } } }`;
const SEARCH =
  '{ certificates(first: 500, filter: { text: "beside" }, orderBy: { by: NOT_AFTER }) { totalCount nodes { name } } }';
const SCHEMA = '{ __schema { types { name description fields { name description args { name type { name } } } } } }';

export const EXPENSIVE = [HISTORY, HISTORY, PAGES, SEARCH, SCHEMA];
