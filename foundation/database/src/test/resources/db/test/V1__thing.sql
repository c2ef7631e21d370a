create table thing (id serial primary key, name text not null constraint thing_name_taken unique);
