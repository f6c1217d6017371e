import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { post, BASE } from "@/api/client";
import { useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";

/** Takes the server's `user:password` once; a cookie that no script can read stands for it from then on. */
export default function Login() {
  useTitle("Log in");
  const [search] = useSearch();
  const client = useQueryClient();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const login = useMutation({
    mutationFn: () => post("ui/login", { auth_string: `${user}:${password}` }),
    onSuccess: () => {
      client.clear();
      const next = text(search, "next", `${BASE}/`);
      // Only a path of our own: an address of another site would take whoever follows a crafted link there.
      window.location.assign(new URL(next, document.baseURI).origin === window.location.origin ? next : `${BASE}/`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate();
  };
  return (
    <main className="flex h-full items-center justify-center p-4">
      <form onSubmit={submit} className="panel flex w-[320px] flex-col gap-3 p-5">
        <h1 className="flex items-center gap-2">
          <img src="icon.svg" alt="" className="size-6" />
          Log in to Lictor
        </h1>
        <label className="flex flex-col gap-1 text-sm">
          User
          <input className="field" autoComplete="username" required autoFocus value={user} onChange={(event) => setUser(event.target.value)} />
        </label>
        <label className="flex flex-col gap-1 text-sm">
          Password
          <input className="field" type="password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />
        </label>
        {login.error && (
          <p role="alert" className="text-sm text-danger">
            {login.error.message}
          </p>
        )}
        <button type="submit" className="button button-primary justify-center" disabled={login.isPending}>
          Log in
        </button>
        <p className="text-xs text-muted">They are the two parts of PREFECT_SERVER_API_AUTH_STRING, which this server was started with.</p>
      </form>
    </main>
  );
}
