//! Somebody with a browser that keeps cookies and runs no script.

use store::Role;
use url::form_urlencoded;

use crate::house::{Answer, House};

/// A password that is long enough.
pub(crate) const PASSWORD: &str = "a sentence nobody says";

/// A browser.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visitor {
    pub(crate) cookie: Option<String>,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines();
        lines
            .filter_map(|line| line.split_once(": "))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// What the forms of a page carry.
    pub(crate) fn csrf(&self) -> String {
        let rest = self.text.split("name=\"csrf\" value=\"").nth(1);
        let rest = rest.unwrap_or_else(|| panic!("no form: {self:?}"));
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Visitor {
    pub(crate) async fn get(&self, house: &House, path: &str) -> Answer {
        house.request("GET", path, &self.headers(), b"").await
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        match &self.cookie {
            Some(cookie) => vec![("Cookie", cookie)],
            None => Vec::new(),
        }
    }

    /// Sends a form with the token that goes with the session, and keeps the cookie that comes back.
    pub(crate) async fn send(
        &mut self,
        house: &House,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let csrf = match self.cookie {
            Some(_) => self.get(house, "/account").await.csrf(),
            None => String::new(),
        };
        self.send_with(house, path, fields, &csrf, &[]).await
    }

    /// The same with a token and headers of one's own.
    pub(crate) async fn send_with(
        &mut self,
        house: &House,
        path: &str,
        fields: &[(&str, &str)],
        csrf: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", csrf);
        for (name, value) in fields {
            form.append_pair(name, value);
        }
        let body = form.finish();
        let mut headers = self.headers();
        headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        headers.extend(more);
        let answer = house.post(path, &headers, body.as_bytes()).await;
        if let Some(set) = answer.header("set-cookie")
            && let Some(cookie) = set.split(';').next()
            && cookie.contains("windlass")
        {
            self.cookie = Some(cookie.to_owned()).filter(|cookie| !cookie.ends_with('='));
        }
        answer
    }

    /// Signs in.
    pub(crate) async fn sign_in(house: &House, name: &str, password: &str) -> Self {
        let mut visitor = Self::default();
        let fields = [("name", name), ("password", password)];
        let answer = visitor.send(house, "/sign-in", &fields).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        visitor
    }
}

impl House {
    /// A link that works once.
    pub(crate) async fn link(&self, login: Option<i64>) -> String {
        let (secret, digest) = web::new_link(&crate::house::random()).unwrap();
        let mut tx = self.database.db.write().await.unwrap();
        let until = self.now().plus_seconds(3_600);
        tx.insert_login_link(&digest, login, self.now(), until)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        format!("/setup/{secret}")
    }

    /// Somebody who has chosen a password and is signed in.
    pub(crate) async fn login(&self, name: &str, role: Role) -> Visitor {
        let mut tx = self.database.db.write().await.unwrap();
        let id = tx.insert_login(name, role, self.now()).await.unwrap();
        tx.commit().await.unwrap();
        let link = self.link(Some(id.unwrap())).await;
        let mut visitor = Visitor::default();
        let fields = [("password", PASSWORD), ("repeated", PASSWORD)];
        let answer = visitor.send(self, &link, &fields).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        visitor
    }
}
