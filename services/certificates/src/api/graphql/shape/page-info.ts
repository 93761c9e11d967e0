import { Field, ObjectType } from 'type-graphql';

@ObjectType({
  simpleResolvers: true,
  description: 'Position of a page in a list, as the Relay connection specification defines it.',
})
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there are objects after this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether there are objects before this page.' })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the first object of the page, or null if the page is empty.',
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last object of the page, or null if the page is empty.',
  })
  endCursor!: string | null;
}
