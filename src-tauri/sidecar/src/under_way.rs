//! Questions to other servers that several ask at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tracing::Instrument;

/// Questions that are under way, by what they are about: whoever asks the same meanwhile waits for the same
/// answer, and each goes on to its end also where nobody waits for it any more.
pub(crate) struct UnderWay<K: Ord, T> {
    questions: Arc<Mutex<Questions<K, T>>>,
    /// How many there were.
    asked: AtomicU64,
}

/// Each with its number.
type Questions<K, T> = BTreeMap<K, (u64, Answer<T>)>;

/// `None`: the question broke off.
pub(crate) type Answer<T> = Shared<BoxFuture<'static, Option<T>>>;

/// The place of a question, until it has ended in any way.
struct Place<K: Ord, T> {
    questions: Arc<Mutex<Questions<K, T>>>,
    key: K,
    number: u64,
}

impl<K, T> UnderWay<K, T>
where
    K: Ord + Clone + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Returns the answer to the question about `key` that is under way, or begins with `question`.
    pub(crate) fn ask(
        &self,
        key: K,
        question: impl Future<Output = T> + Send + 'static,
    ) -> Answer<T> {
        let mut questions = lock(&self.questions);
        if let Some((_, answer)) = questions.get(&key) {
            return answer.clone();
        }
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let (of, to) = (key.clone(), Arc::clone(&self.questions));
        let question = async move {
            // Not before it runs: a runtime that ends drops it at once, while they are locked here.
            let _place = Place {
                questions: to,
                key: of,
                number,
            };
            question.await
        };
        let task = tokio::spawn(question.in_current_span());
        let answer = task.map(Result::ok).boxed().shared();
        questions.insert(key, (number, answer.clone()));
        answer
    }

    /// Has who asks from here on about `key` begin anew.
    pub(crate) fn forget(&self, key: &K) {
        lock(&self.questions).remove(key);
    }
}

impl<K: Ord, T> Default for UnderWay<K, T> {
    fn default() -> Self {
        Self {
            questions: Arc::default(),
            asked: AtomicU64::default(),
        }
    }
}

impl<K: Ord, T> Drop for Place<K, T> {
    fn drop(&mut self) {
        let mut questions = lock(&self.questions);
        // One that was forgotten has no place any more, and perhaps another one has it.
        if matches!(questions.get(&self.key), Some((number, _)) if *number == self.number) {
            questions.remove(&self.key);
        }
    }
}

fn lock<K: Ord, T>(questions: &Mutex<Questions<K, T>>) -> MutexGuard<'_, Questions<K, T>> {
    questions
        .lock()
        .expect("no operation panics while it holds them")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn who_asks_the_same_meanwhile_hears_the_same_and_a_question_outlives_who_asked() {
        let questions = UnderWay::default();
        let (answers, first) = oneshot::channel::<u32>();
        drop(questions.ask("ana", async { first.await.unwrap() }));
        let joined = questions.ask("ana", async { unreachable!() });
        let other = questions.ask("ravi", async { 2 });
        assert_eq!(other.await, Some(2));
        answers.send(1).unwrap();
        assert_eq!(joined.await, Some(1));
        // It is over, so the next one is a new one.
        assert_eq!(questions.ask("ana", async { 3 }).await, Some(3));
    }

    #[tokio::test]
    async fn a_question_that_broke_off_or_is_forgotten_stands_in_nobodys_way() {
        let questions = UnderWay::default();
        let broken = questions.ask("ana", async { panic!("it breaks off") });
        assert_eq!(broken.await, None);
        let (answers, first) = oneshot::channel::<u32>();
        let before = questions.ask("ana", async { first.await.unwrap() });
        questions.forget(&"ana");
        assert_eq!(questions.ask("ana", async { 2 }).await, Some(2));
        answers.send(1).unwrap();
        assert_eq!(before.await, Some(1));
    }
}
